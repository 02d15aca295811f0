"""A catalogue of many small pictures, some shared, some of whose rows are at fault."""

import csv
import io
import zipfile

from tests.drawing import draw_scene, save


def draw_catalogue(num_products: int, num_pictures: int) -> bytes:
    """Pack a table and its pictures into a ZIP."""
    table = io.StringIO()
    rows = catalogue_rows(num_products, num_pictures)
    writer = csv.DictWriter(table, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    pictures = [save(draw_scene(64, 12, seed=i), "PNG") for i in range(num_pictures)]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("products.csv", table.getvalue())
        file.writestr("pics/broken.png", pictures[0][:200])
        for i, data in enumerate(pictures):
            file.writestr(picture_name(i), data)
        for i in range(5, num_products, 97):
            file.writestr(f"copies/{i}.png", pictures[i - 1])
    return packed.getvalue()


def picture_name(number: int) -> str:
    return f"pics/{number % 7}/{number:04}.png"


def catalogue_rows(num_products: int, num_pictures: int) -> list[dict[str, str]]:
    """Products with a picture or two, some shared, some rows with faults."""
    rows = []
    for i in range(num_products):
        names = [picture_name(i)]
        if num_products + i < num_pictures:
            names.append(picture_name(num_products + i))
        if i % 10 == 9:
            names.append(picture_name(i - 9))  # an earlier batch has it
        if i % 10 == 8:
            names.append(picture_name(i - 1))  # so has this one
        if i % 97 == 5:
            names.append(f"copies/{i}.png")
        if i % 75 == 11:
            names.append("pics/none.png")
        if i % 100 == 13:
            names.append("pics/broken.png")
        gtin = "4006381333932" if i % 60 == 7 else ""
        row = {
            "product_id": f"P{i}",
            "title": f"Product {i}",
            "gtin": gtin,
            "image_paths": "|".join(names),
        }
        rows.append(row)
        if i % 125 == 17:
            rows.append(row | {"product_id": ""})
        if i % 125 == 23:
            rows.append(row | {"title": "Another title"})
    return rows
