from django.urls import path

from projects import views

app_name = "projects"
urlpatterns = [
    path("projects/", views.project_list, name="list"),
    path("projects.csv", views.project_export, name="export"),
    path("projects.json", views.project_activities, name="iati"),
    path("projects/<slug:slug>/card.png", views.project_card, name="card"),
    path("projects/<slug:slug>/", views.project_detail, name="detail"),
]
