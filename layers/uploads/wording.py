"""Why a file cannot be loaded, in the words of an official's page."""

from __future__ import annotations

from collections.abc import Mapping

from layers.base import Layer
from layers.ingest.load import LoadError

DAMAGED = (
    "Berkas ini rusak atau terlalu besar untuk dibaca sampai selesai; simpan ulang dari aplikasi "
    "asalnya."
)
_SENTENCES: Mapping[str, str] = {
    "missing": "Berkasnya tidak ada lagi di penyimpanan; unggah lagi.",
    "unknown": "Ini bukan berkas peta yang dapat dibaca. Kirim GeoJSON, GeoPackage, shapefile "
    "dalam zip, KML, FlatGeobuf, atau tabel XLSX/CSV dengan kolom bujur dan lintang.",
    "damaged": DAMAGED,
    "zip": "Arsip zip ini rusak; buat ulang, lalu unggah lagi.",
    "unpacks": "Arsip zip ini menjadi terlalu besar bila dibuka; kirim satu lapisan saja.",
    "shapes": "Bentuk di dalam berkas terlalu rinci; sederhanakan, lalu unggah lagi.",
    "empty": "Berkas ini tidak berisi satu baris pun.",
    "crs": "Sistem koordinat ini tidak dikenal atau tidak cocok; tulis kode EPSG, misalnya 32751 "
    "untuk UTM 51 Selatan.",
    "crs-unsaid": "Berkas tidak menyebut sistem koordinatnya. Tulis kode EPSG, misalnya 4326 untuk "
    "bujur/lintang atau 32751 untuk UTM 51 Selatan.",
    "refused": "Semua baris ditolak; lihat alasannya di bawah.",
}


def sentence(layer: Layer, error: LoadError) -> str:
    """What is wrong and how to mend it."""
    names = ", ".join(title_of(layer, name) for name in error.names)
    match error.code:
        case "layers" if error.names:
            told = ", ".join(error.names[:20])
            return f"Berkas berisi beberapa lapisan ({told}); pilih salah satu."
        case "layers":
            return "Berkas ini tidak berisi lapisan dengan geometri."
        case "lacking":
            return f"Belum ditentukan kolom mana yang berisi: {names}. Cocokkan kolomnya di bawah."
        case "column":
            return f"Berkas ini tidak punya kolom {names}; pilih kolom lain."
        case "needed":
            return (
                "Ada data lain yang masih memakai baris yang tidak ada dalam berkas ini, sehingga "
                "baris itu tidak dapat dihapus. Hapus centang «berkas ini lengkap»."
            )
        case "table":
            return str(error)  # is said in such words already
    return _SENTENCES.get(error.code, "Berkas ini tidak dapat dibaca.")


def title_of(layer: Layer, name: str) -> str:
    """How the layer calls a field; its own name where it does not."""
    for prop in layer.properties:
        if prop.name == name or prop.path.split("__")[0] == name:
            return str(prop.title)
    return name
