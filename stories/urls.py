from django.urls import path

from stories import edit_pages, tell_pages, views

app_name = "stories"
urlpatterns = [
    path("stories/", views.story_list, name="list"),
    path("stories/tell/", tell_pages.tell, name="tell"),
    path("stories/edit/link/", edit_pages.ask_for_link, name="ask_for_link"),
    path("stories/edit/link/sent/", edit_pages.link_sent, name="link_sent"),
    path("stories/edit/withdrawn/", edit_pages.withdrawn, name="withdrawn"),
    path("stories/edit/<str:token>/", edit_pages.edit, name="edit"),
    path("stories/edit/<str:token>/withdraw/", edit_pages.withdraw, name="withdraw"),
    path("stories/<slug:slug>/", views.story_detail, name="detail"),
]
