"""What nobody may get away with: deliveries that only look like a vendor's."""
