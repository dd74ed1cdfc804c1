"""What reports may change of stories: that one is published, its words, its pictures."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers.reports.parts import Part, register
from stories.models import Story, StoryPicture
from stories.publishing import approve_picture, change_story, publish_story

# {kind of part: field of `Story`}: what she may change of a published story.
WORDS = {
    "story_title": "title",
    "story_body": "body",
    "story_name": "shown_name",
    "story_video": "video",
}


def _story(report):
    return report.about_story.story


def _reason(report):
    return gettext("Report %s") % report.reference


def _picture(report, told):
    """The picture that is told of; None once it was taken back."""
    return _story(report).pictures.filter(key=told["picture"]).first()


def _published_in_words(value):
    return gettext("It is published.") if value else ""


def _register_words(kind, field):
    register(
        Part(
            kind,
            Story._meta.get_field(field).verbose_name,
            lambda report: getattr(_story(report), field),
            lambda value: value or "",
            lambda report, told, *, by: change_story(
                _story(report), {field: told}, by=by, reason=_reason(report)
            ),
            template="admin/stories/_words.html" if field == "body" else "",
        )
    )


for _kind, _field in WORDS.items():
    _register_words(_kind, _field)


register(
    Part(
        "story",
        _("story"),
        lambda report: None,
        _published_in_words,
        lambda report, told, *, by: publish_story(_story(report), by=by, reason=_reason(report)),
        template="admin/stories/_story.html",
    )
)


def _approve(report, told, *, by):
    picture = _picture(report, told)
    if picture is not None:
        # That they agreed was confirmed: nothing is accepted without it.
        approve_picture(picture, by=by, parents_agreed=True)


def _parents(report, told):
    picture = _picture(report, told)
    if picture is None or not picture.shows_children or picture.children_checked_at:
        return ""
    return gettext("I have checked that the parents of the children agreed, in writing.")


register(
    Part(
        "story_picture",
        _("picture"),
        lambda report: None,
        _published_in_words,
        _approve,
        template="admin/stories/_picture.html",
        to_confirm=_parents,
    )
)


def _write_alternative(report, told, *, by):
    picture = _picture(report, told)
    if picture is not None:
        StoryPicture.objects.filter(pk=picture.pk).update(alternative=told["alternative"])


register(
    Part(
        "story_alternative",
        StoryPicture._meta.get_field("alternative").verbose_name,
        lambda report: None,
        lambda value: value["alternative"] if value else "",
        _write_alternative,
    )
)
