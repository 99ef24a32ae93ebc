"""What every module stands on: database, money, ids, clock, errors, authorisation, events, pages."""
