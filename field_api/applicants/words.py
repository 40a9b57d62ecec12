"""The phrases that the page's scripts say, in the language that is active when it is made."""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "vertices": _("%s titik"),
    "reading": _("Membaca…"),
    "sending": _("Mengirim…"),
    "sendingPart": _("Mengirim… %s %"),
    "offline": _("Belum terkirim: sambungan terputus. Isian Anda tetap di sini; tekan Kirim lagi."),
    "outlineOffline": _("Sambungan terputus; bidang belum diperiksa."),
    "again": _("Coba lagi"),
    "expired": _("Halaman ini terlalu lama terbuka. Muat ulang; isian Anda kembali, kecuali NIK."),
    "broken": _("Ada kesalahan di server. Isian Anda tetap di sini; coba lagi nanti."),
    "sound": _("Batas bidang baik."),
    "show": _("Tunjukkan"),
    "mend": _("Pakai bentuk yang diperbaiki"),
    "snapOffer": _("%s titik hampir menyentuh batas tetangga, paling jauh %s m."),
    "snap": _("Tempelkan ke batas itu"),
    "snapUndo": _("Kembalikan seperti semula"),
    "snapped": _("Titik sudah ditempelkan ke batas tetangga."),
    "in": _("Di %s"),
    "corners": _("Titik sudut"),
    "asTable": _("Sunting sebagai tabel"),
    "none": _("Belum ada bidang."),
    "drawing": _("Ketuk tiap sudut bidang. Ketuk lagi titik pertama untuk menutupnya."),
    "editing": _("Geser titik sudut untuk memperbaiki."),
    "complete": _("Lengkapi menjadi 5 angka: kode ini mewakili semua yang diawali %s."),
    "noActivity": _("Tidak ada di daftar. Kode KBLI 5 angka tetap dapat ditulis."),
    "digits": _("%s dari %s angka"),
    "digitsDone": _("%s angka, lengkap"),
    "digitsOnly": _("Hanya angka."),
    "nikDate": _("Periksa lagi: angka ke-7 sampai ke-12 biasanya tanggal lahir."),
    "tooLarge": _("Berkas ini lebih dari 10 MB; perkecil, lalu pilih lagi."),
    "wrongType": _("Hanya PDF, JPEG, atau PNG yang dapat diterima."),
    "draftFound": _(
        "Isian yang belum terkirim dari %s dipasang kembali. NIK dan berkas harus diisi lagi."
    ),
    "draftDropped": _("Draf dihapus."),
    "fix": _("Perbaiki %s isian yang ditandai."),
    "before": _("Batas sekarang"),
    "proposed": _("Batas yang diusulkan"),
}
