"""Follow the offers of centers in their history; mark attempts that were entered by mistake."""

import django.db.models.deletion
import simple_history.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('centers', '0004_center_lists'),
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
        # Rows that are there do not hold the offers: they keep NULL.
        migrations.AddField(
            model_name="historicalcenter",
            name="links_kept",
            field=models.BooleanField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="historicalcenter",
            name="links_kept",
            field=models.BooleanField(default=True, editable=False, null=True),
        ),
    ]
