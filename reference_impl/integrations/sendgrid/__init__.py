"""SendGrid: who brings mail to people."""
