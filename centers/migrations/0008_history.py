"""Follow the offers of centers in their history; mark attempts that were entered by mistake."""

import django.db.models.deletion
import simple_history.models
from django.db import migrations, models


def keep_present_offers(apps, schema_editor):
    """Older rows did not tell the offers; without them they would read as if there were none.

    What a center offers today is taken for what it offered then, so that nothing is told to have
    changed which nobody knows.
    """
    Link = apps.get_model("centers", "Center").offers.through
    Row = apps.get_model("centers", "HistoricalCenter")
    Kept = apps.get_model("centers", "HistoricalCenter_offers")
    centers = list(Link.objects.values_list("center_id", flat=True).distinct())
    for start in range(0, len(centers), 500):
        links = {}
        some = centers[start : start + 500]
        for pk, center, offer in Link.objects.filter(center__in=some).values_list(
            "pk", "center_id", "offer_id"
        ):
            links.setdefault(center, []).append((pk, offer))
        rows = Row.objects.filter(id__in=some).values_list("history_id", "id")
        Kept.objects.bulk_create(
            (
                Kept(history_id=row, id=pk, center_id=center, offer_id=offer)
                for row, center in rows
                for pk, offer in links[center]
            ),
            batch_size=500,
        )


class Migration(migrations.Migration):

    dependencies = [
        ('centers', '0003_coordinators'),
    ]

    operations = [
        migrations.AddField(
            model_name='contactattempt',
            name='is_mistaken',
            field=models.BooleanField(default=False, help_text='It stays to be read, and counts no more.', verbose_name='entered by mistake'),
        ),
        migrations.CreateModel(
            name='HistoricalCenter_offers',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
                ('center', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='centers.center')),
                ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='centers.historicalcenter')),
                ('offer', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='centers.offer')),
            ],
            options={
                'verbose_name': 'HistoricalCenter_offers',
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.RunPython(keep_present_offers, migrations.RunPython.noop, elidable=True),
    ]
