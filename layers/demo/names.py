"""Names for people and firms who do not exist, of the kind one hears in Kupang."""

from __future__ import annotations

from random import Random


def _each(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIRLS = _each(
    "Adelina Agnes Aprilia Beatriks Carmelia Debora Dewi Elsa Ermelinda Febriani Fransiska Grace "
    "Herlina Imelda Intan Jeni Kristina Lidia Magdalena Maria Marlin Melani Nona Novita Oktavia "
    "Priska Rambu Ratna Rosalina Selfi Siti Skolastika Theresia Vinsensia Wulan Yanti Yuliana"
)
BOYS = _each(
    "Adrianus Agustinus Ahmad Aldo Alfons Andreas Anton Benyamin Bernadus Daniel David Dominggus "
    "Eduard Fabianus Ferdinan Frans Gabriel Gregorius Hendrik Ibrahim Jefri Joni Karel Kristian "
    "Laurensius Lukas Marten Melkianus Nikodemus Oktovianus Paulus Rafael Rian Stefanus Yohanes"
)
FAMILIES = _each(
    "Adoe Amalo Asbanu Bait Banunaek Benu Bessie Boimau Bria Dethan Djami Fanggidae Haba Kase "
    "Kolo Lay Leba Lenggu Liunokas Lobo Manafe Nalle Ndun Nenabu Neno Nomleni Nubatonis Oematan "
    "Pello Radja Riwu Rohi Sabuna Selan Seran Sinlae Tallo Taneo Tefa Tnunay Weo"
)
WORDS = _each(
    "Lontar Cendana Flobamora Sasando Komodo Tenun Karang Samudra Savana Angkasa Mutiara Pelita "
    "Fajar Bahari Tunas Harapan"
)
HOPES = _each("Jaya Sentosa Makmur Abadi Mandiri Sejahtera Persada Utama")


def child(sex: str, family: str, random: Random) -> str:
    return f"{random.choice(GIRLS if sex == 'female' else BOYS)} {family}"


def grown_up(random: Random, family: str = "") -> str:
    return f"{random.choice(GIRLS + BOYS)} {family or random.choice(FAMILIES)}"


def firm(random: Random) -> str:
    """«Contoh» stands in the name itself, so that it is no real firm's anywhere it is quoted."""
    form = random.choice(("PT", "CV", "CV"))
    return f"{form} Contoh {random.choice(WORDS)} {random.choice(HOPES)}"
