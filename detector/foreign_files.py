"""Names for the files that people send instead of pictures."""

STARTS = (
    (b"%PDF", "a PDF document"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x01\x00", "a Windows icon"),
    (b"%!PS", "a PostScript file"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (b"OggS", "an Ogg recording"),
    (b"ID3", "an MP3 recording"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)


def describe(data: bytes) -> str:
    """Say what a file seems to be, with its article."""
    for start, name in STARTS:
        if data.startswith(start):
            return name
    if data[4:8] == b"ftyp":
        brands = data[8:64]
        if any(brand in brands for brand in (b"heic", b"heix", b"hevc", b"mif1")):
            return "a HEIC picture"
        return "an MP4 or QuickTime video"
    if data.startswith(b"RIFF"):
        return "a RIFF recording (AVI or WAV)"
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in start:
        return "an SVG drawing"
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    if start.startswith(b"<"):
        return "an XML or HTML file"
    if not data.strip(b"\0"):
        return "nothing but zero bytes"
    if start.startswith((b"{", b"[")):
        return "a JSON file"
    if start.isascii() and b"\0" not in start:
        return "a text file"
    return "a file of an unknown kind"
