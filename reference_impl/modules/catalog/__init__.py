"""What can be bought: products, variants, prices, stock, regions, sales channels, shipping options, promotions."""
