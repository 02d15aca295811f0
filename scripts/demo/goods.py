"""What is in a box or a bottle."""

from scripts.demo.design import Design

GOODS: dict[str, tuple[str, ...]] = {
    "Zephalune": ("Night Cream", "Moon Milk Soap", "Sleep Serum", "Silk Shampoo",
                  "Dream Balm", "Lavender Oil", "Dusk Cleanser"),
    "Solviath": ("Breakfast Oats", "Green Tea", "Citrus Cordial", "Honey Granola",
                 "Apricot Nectar", "Rye Crackers", "Mountain Herbs", "Corn Flakes"),
    "Brackmoor": ("Trail Flask", "Summit Bottle", "Ridge Canteen", "Camp Flask"),
    "": ("Shower Gel", "Fruit Juice", "Face Wash", "Herbal Tea", "Muesli", "Cookies",
         "Hand Soap", "Spring Water"),
}  # fmt: skip


def goods(design: Design) -> str:
    """What is inside."""
    names = GOODS.get(design.brand.name, GOODS[""])
    return names[design.seed % len(names)]
