"""Speed: how near the platform comes to what the machine and the database can do, measured side by side."""
