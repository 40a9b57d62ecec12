"""The whole site on one screen. `maps` is the way out, `field_api` the way in."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from field_api import app_pages
from field_api import views as field
from field_api.applicants import tracking
from field_api.applicants import views as applicants
from field_api.attachments import tus
from field_api.devices import Devices
from field_api.inbox import views as review
from field_api.openrosa import views as openrosa
from geo_portal import health
from maps import (
    basemap,
    dcat,
    embed,
    items,
    ogc,
    ogc_tiles,
    pages,
    photos,
    printing,
    search,
    shared_map,
)
from maps.documents import views as documents
from maps.freshness import views as freshness
from maps.letters import views as letters
from maps.review import file, papers, printed, queue
from maps.tiles import archive
from maps.tiles import views as tiles
from maps.uploads import views as uploads

ogc_urls = [
    path("", ogc.landing, name="ogc-landing"),
    path("conformance", ogc.conformance, name="ogc-conformance"),
    path("api", ogc.api, name="ogc-api"),
    path("collections", ogc.collections, name="ogc-collections"),
    path("collections/<str:layer_id>", ogc.collection, name="ogc-collection"),
    path("collections/<str:layer_id>/queryables", ogc.what_may_be_asked, name="ogc-queryables"),
    path("collections/<str:layer_id>/items", items.items, name="ogc-items"),
    path("collections/<str:layer_id>/items/<int:fid>", items.item, name="ogc-item"),
    path(
        "collections/<str:layer_id>/items/<int:fid>/photos/<int:key>",
        photos.photo,
        name="ogc-photo",
    ),
    path(
        "collections/<str:layer_id>/items/<int:fid>/photos/<int:key>/thumbnail",
        photos.thumbnail,
        name="ogc-thumbnail",
    ),
    path("collections/<str:layer_id>/tiles", ogc_tiles.tilesets, name="ogc-tilesets"),
    path("collections/<str:layer_id>/tiles/WebMercatorQuad", ogc_tiles.tileset, name="ogc-tileset"),
    path(
        "collections/<str:layer_id>/tiles/WebMercatorQuad/tile.json",
        ogc_tiles.tilejson,
        name="ogc-tilejson",
    ),
    path(
        "collections/<str:layer_id>/tiles/WebMercatorQuad/<int:z>/<int:y>/<int:x>",
        ogc_tiles.tile,
        name="ogc-tile",
    ),
    path(
        "tiles/WebMercatorQuad/<int:z>/<int:y>/<int:x>",
        ogc_tiles.joint_tile,
        name="ogc-joint-tile",
    ),
    path("dcat", dcat.catalogue, name="dcat-catalogue"),
    path("<path:rest>", ogc.missing),
]

api_urls = [
    path("v1/submissions", field.Submissions.as_view(), name="submissions"),
    path(
        "v1/submissions/<uuid:instance_id>",
        field.OneSubmission.as_view(),
        name="submission",
    ),
    path("v1/submissions/batch", field.Batch.as_view(), name="batch"),
    path("v1/attachments", tus.Attachments.as_view(), name="attachments"),
    path("v1/attachments/<uuid:key>", tus.OneAttachment.as_view(), name="attachment"),
    path("v1/attachments/<uuid:key>/original", tus.Original.as_view(), name="original"),
    path("v1/sync", field.Sync.as_view(), name="sync"),
    path("v1/forms/<str:form>/<str:version>", field.OneForm.as_view(), name="form"),
    path("v1/devices", Devices.as_view(), name="devices"),
    path("v1/forms", field.Forms.as_view(), name="forms"),
    path("schema/", field.Schema.as_view(), name="api-schema"),
    path("docs/", field.Docs.as_view(), name="api-docs"),
    path("", field.Missing.as_view()),
    path("<path:rest>", field.Missing.as_view()),
]

openrosa_urls = [
    path("formList", openrosa.FormList.as_view(), name="openrosa-forms"),
    path("submission", openrosa.Submit.as_view(), name="openrosa-submission"),
    path("forms/<str:form>/<str:version>.xml", openrosa.XForm.as_view(), name="openrosa-form"),
    path(
        "forms/<str:form>/<str:version>/manifest",
        openrosa.Manifest.as_view(),
        name="openrosa-manifest",
    ),
    path(
        "forms/<str:form>/<str:version>/<str:codes>.csv",
        openrosa.Codes.as_view(),
        name="openrosa-codes",
    ),
]

field_urls = [
    path("", app_pages.app, name="field-app"),
    path("service-worker.js", app_pages.service_worker, name="field-service-worker"),
    path("manifest.webmanifest", app_pages.manifest, name="field-manifest"),
    path("map.json", pages.public_map, name="field-map"),
]

applicant_urls = [
    path("permits/apply", applicants.apply, name="apply"),
    path("permits/outline", applicants.outline, name="outline"),
    path("review/new", applicants.counter, name="review-new"),
    path("track/", tracking.find, name="applicant-find"),
    path("track/<str:code>", tracking.follow, name="applicant-follow"),
    path("track/<str:code>/receipt", tracking.receipt, name="applicant-receipt"),
]

tile_urls = [
    path("<slug:layer_id>.pmtiles", archive.archive, name="pmtiles"),
    re_path(f"^{tiles.TILE}$", tiles.tile, name="tile"),
    re_path("^", tiles.missing),
]

review_urls = [
    path("", queue.queue, name="review"),
    path("<str:number>/", file.file, name="review-file"),
    path("<str:number>/print", printed.print_view, name="review-print"),
    path("<str:number>/identity", file.uncover, name="review-uncover"),
    path("<str:number>/deeds/<slug:name>", file.deed, name="review-deed"),
    path("<str:number>/documents/<int:key>", papers.document, name="review-document"),
    re_path("^(?P<number>[^/]+)/(?P<way>next|previous)$", queue.beside, name="review-beside"),
]

letter_urls = [
    path("documents/letters/", letters.ask, name="letters"),
    path("documents/letters/<str:code>.pdf", letters.pdf, name="letter-pdf"),
    path("documents/letters/<str:code>", letters.verify, name="letter"),
    path("track/<str:code>/letter.pdf", letters.tracked_pdf, name="tracked-letter"),
]

freshness_urls = [
    path("freshness/", freshness.board, name="freshness"),
    path("freshness/freshness.json", freshness.as_json, name="freshness-json"),
    path("freshness/freshness.csv", freshness.as_csv, name="freshness-csv"),
]

upload_urls = [
    path("", uploads.index, name="uploads"),
    path("new", uploads.new, name="upload-new"),
    path("<uuid:key>/", uploads.one, name="upload"),
    path("<uuid:key>/changes.json", uploads.changes, name="upload-changes"),
    path("<uuid:key>/file", uploads.file, name="upload-file"),
    path("<uuid:key>/<slug:deed>", uploads.deed, name="upload-deed"),
]

urlpatterns = [
    path("", pages.home, name="home"),
    path("share", shared_map.share, name="share-map"),
    re_path("^s/(?P<code>[0-9A-Za-z]{12,22})$", shared_map.follow, name="shared-map"),
    path("embed", embed.embed, name="embed"),
    path("print/", printing.sheet, name="print"),
    path("basemap.pmtiles", basemap.file, name="basemap-file"),
    path("search", search.search, name="search"),
    path("search/values/<str:layer_id>/<str:name>", search.values, name="search-values"),
    path("login/", pages.login, name="login"),
    path("logout/", pages.logout, name="logout"),
    path("language/", pages.set_language, name="set_language"),
    path("review/inbox/", review.inbox, name="inbox"),
    path("review/inbox/<uuid:instance_id>", review.one, name="inbox-one"),
    *applicant_urls,
    path("review/", include(review_urls)),
    *letter_urls,
    *freshness_urls,
    path("data/", include(upload_urls)),
    path("documents/", documents.index, name="documents"),
    path("documents/<slug:name>.html", documents.document, name="document"),
    path("field/", include(field_urls)),
    path("ogc", ogc.landing),  # QGIS 3.22 does not follow the way to the slash
    path("ogc/", include(ogc_urls)),
    path("tiles/", include(tile_urls)),
    path("data.json", dcat.data_json, name="data-json"),
    path("api/", include(api_urls)),
    re_path("^openrosa/key/(?P<key>[0-9A-Za-z]{1,128})/", include(openrosa_urls)),
    path("openrosa/", include(openrosa_urls)),
    re_path("^openrosa/", openrosa.Missing.as_view()),
    path("favicon.ico", RedirectView.as_view(url=static("maps/mark.svg"))),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("admin/", admin.site.urls),
]
