"""What a revision executes, judged before it meets rows."""
