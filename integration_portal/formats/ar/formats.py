"""Arabic: thousands are kept apart, as everywhere else in the portal."""

NUMBER_GROUPING = 3
