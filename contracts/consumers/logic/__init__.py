"""The clients' own logic, against the contracts' examples: what they repeat, wait for and put together.

respx answers in place of a server, so thousands of attempts cost nothing. These tests write no contract.
"""
