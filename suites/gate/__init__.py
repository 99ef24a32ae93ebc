"""The gate: plan, run, one result tree, waivers, verdict, reporters (DESIGN §3)."""
