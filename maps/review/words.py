"""The phrases that the scripts of the workbench say besides those of every map."""

from django.utils.translation import gettext_lazy as _

from maps.words import WORDS as MAP_WORDS

WORDS = MAP_WORDS | {
    "inView": _("%n dari %m berkas tampak"),
    "draw": _("Gambar di peta"),
    "drawing": _("Klik di peta untuk tiap sudut. Enter menutup, Backspace mundur, Esc selesai."),
    "drawingPoint": _("Klik satu titik di peta."),
    "drawn": _("Sudah digambar: %s. Sudut dapat digeser."),
    "nothingDrawn": _("Belum ada yang digambar."),
    "measure": _("Klik di peta untuk mengukur. Enter mengakhiri, Backspace mundur, Esc selesai."),
    "distance": _("Jarak %s"),
    "area": _("Luas %s, keliling %t"),
    "sending": _("Menyimpan…"),
    "divider": _("Geser untuk membandingkan; panah kiri dan kanan juga menggeser."),
}
