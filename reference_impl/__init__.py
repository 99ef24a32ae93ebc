"""The CityOS commerce platform, rebuilt small and right: the yardstick of contracts, suites and baselines."""
