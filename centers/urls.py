from django.urls import path, re_path

from centers import views
from centers.asking import pages as asking
from centers.insight_files import FILES
from centers.reports import pages as reports

app_name = "centers"
urlpatterns = [
    path("centers/", views.center_list, name="list"),
    re_path(r"^centers\.(?P<extension>csv|json|geojson)$", views.center_export, name="export"),
    path("data/hsds.json", views.center_services, name="hsds"),
    path("centers/map.json", views.center_map, name="map"),
    path("centers/<slug:slug>/", views.center_detail, name="detail"),
    path("centers/<slug:slug>/card.png", views.center_card, name="card"),
    path("id/<slug:public_id>/", views.center_permanent, name="permanent"),
    path("id/<slug:public_id>", views.center_permanent),
    path("countries/", views.country_list, name="country_list"),
    path("countries/<slug:code>/", views.country_detail, name="country_detail"),
    path("countries/<slug:code>/card.png", views.country_card, name="country_card"),
    path("insights/", views.insights, name="insights"),
    re_path(rf"^insights/(?P<figure>{'|'.join(FILES)})\.csv$", views.insights_file, name="figure"),
    path("organisations/", views.organisation_list, name="organisation_list"),
    path("organisations/<slug:slug>/", views.organisation_detail, name="organisation_detail"),
    path("network/", views.network, name="network"),
    path("network.csv", views.network_export, name="network_export"),
    path("report/<slug:public_id>/", reports.report, name="report"),
    path("receipt/", reports.receipt_search, name="receipt_search"),
    path("receipt/<slug:reference>/", reports.receipt, name="receipt"),
    path("confirm/<str:token>/", asking.confirm, name="confirm"),
    path("confirm/<str:token>/stop/", asking.confirm_stop, name="confirm_stop"),
]
