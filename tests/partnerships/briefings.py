"""Activities of which an organisation was told in its languages and in time."""

import datetime

IN_TIME = {"languages": "Spanish, Urdu", "decision_on": datetime.date(2025, 5, 1)}
