"""What each consumer needs of its provider, as tests that drive the consumer's own code and write the contract.

A contract says what the consumer reads, and nothing more: matchers for forms, literals where the consumer decides by
them. What differs between a simulator, a sandbox and a real server (keys, ids) comes from the provider's state.
"""
