// What can go wrong, as a code for the program and a sentence for the officer.

const SENTENCES = {
  "no-storage": "Peramban ini tidak mau menyimpan data di ponsel. Matikan mode samaran atau izinkan penyimpanan.",
  full: "Penyimpanan ponsel penuh. Tidak ada yang hilang; kosongkan ruang lalu coba lagi.",
  outdated: "Versi baru aplikasi terbuka di tab lain. Muat ulang halaman ini.",
  unreadable: "Berkas ini tidak dapat dibaca. Ambil fotonya sekali lagi.",
  "no-answer": "Belum ada jawaban dari server. Semua tetap tersimpan di ponsel.",
  refused: "Server menolak permintaan ini.",
  unenrolled: "Gawai ini belum terdaftar.",
  revoked: "Izin gawai ini habis atau dicabut. Daftarkan ulang; semua isian tetap tersimpan.",
  unsent: "Masih ada isian yang belum terkirim.",
  gone: "Isian ini sudah tidak ada; mungkin sudah diubah di tab lain.",
  frozen: "Kiriman ini sudah dikirim dan tidak dapat diubah lagi.",
  unsupported: "Peramban ini tidak dapat menjalankan aplikasi.",
};

export class Trouble extends Error {
  /** @param {keyof typeof SENTENCES} code @param {object} more message, cause or facts for the screen */
  constructor(code, { message, cause, ...more } = {}) {
    super(message ?? SENTENCES[code], { cause });
    Object.assign(this, { name: "Trouble", code, ...more });
  }
}

/** Any failure as Trouble: the names are those of the browser's own exceptions. */
export function troubled(error) {
  if (error instanceof Trouble) return error;
  const byName = {
    QuotaExceededError: "full",
    VersionError: "outdated",
    InvalidStateError: "no-storage",
    SecurityError: "no-storage",
    DataError: "full", // Chromium, where the disk takes no more of a picture
    UnknownError: "full", // and where it takes nothing at all
    NotReadableError: "unreadable",
    NotFoundError: "unreadable",
  };
  const code = byName[error?.name];
  return code ? new Trouble(code, { cause: error }) : error;
}
