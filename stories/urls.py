from django.urls import path

from stories import edit_pages, tell_pages, views

app_name = "stories"
urlpatterns = [
    path("stories/", views.story_list, name="list"),
    path("stories/tell/", tell_pages.tell, name="tell"),
    path("stories/edit/<str:token>/", edit_pages.edit, name="edit"),
    path("stories/<slug:slug>/", views.story_detail, name="detail"),
]
