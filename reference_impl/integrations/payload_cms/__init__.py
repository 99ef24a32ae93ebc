"""Payload CMS, where editors keep the hierarchy: read, never written; its hooks are heard, and polling is the truth."""
