"""Trade-ins: things that customers give back, valued and credited once."""
