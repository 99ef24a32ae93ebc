"""ERPNext: customers, items, invoices and payments of the platform in the books of the company."""
