"""The phrases that the map's scripts say, in the language that is active when a page is made."""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "yes": _("Ya"),
    "no": _("Tidak"),
    "demo": _("contoh"),
    "restricted": _("terbatas"),
    "on": _("%s menyala"),
    "loading": _("Memuat…"),
    "retry": _("Coba lagi"),
    "close": _("Tutup"),
    "back": _("Kembali"),
    "expand": _("Buka panel"),
    "collapse": _("Kecilkan panel"),
    "tilesFailed": _("Sebagian peta gagal dimuat."),
    "itemFailed": _("Keterangan ini gagal dimuat."),
    "itemGone": _("Objek ini sudah tidak ada atau tidak terbuka bagi Anda."),
    "notSupported": _("Peramban ini tidak dapat menggambar peta (WebGL tidak tersedia)."),
    "notLocated": _("Lokasi Anda tidak ditemukan. Periksa izin lokasi peramban."),
    "severalHere": _("Ada beberapa objek di sini"),
    "nothingHere": _("Tidak ada data dari lapisan yang menyala di bagian peta ini."),
    "nothingAtCentre": _("Tidak ada data di tengah peta."),
    "wholeCity": _("Lihat seluruh kota"),
    "nothingOn": _("Semua lapisan mati. Nyalakan satu di daftar lapisan."),
    "zoomIn": _("Perbesar peta untuk melihat lapisan ini."),
    # The names that MapLibre gives its own controls
    "controls": {
        "Map.Title": _(
            "Peta. Panah menggeser, plus dan minus memperbesar, Enter membaca tengahnya."
        ),
        "NavigationControl.ZoomIn": _("Perbesar"),
        "NavigationControl.ZoomOut": _("Perkecil"),
        "NavigationControl.ResetBearing": _("Putar peta; klik untuk kembali ke utara"),
        "GeolocateControl.FindMyLocation": _("Cari lokasi saya"),
        "GeolocateControl.LocationNotAvailable": _("Lokasi tidak tersedia"),
        "Popup.Close": _("Tutup"),
    },
}
