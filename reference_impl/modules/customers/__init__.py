"""People and their log-ins: customers, operators, vendors."""
