"""Browsers, in words that a person knows their own by."""

# Signs of browsers and systems in a user agent; the first that matches counts, since each also names its forebears.
BROWSERS = [("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari")]
SYSTEMS = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
]


def browser_name(user_agent: str) -> str:
    """Words that a person recognises their browser by; the program's own name where it is none of the usual ones."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), user_agent.split("/")[0][:40])
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return f"{browser}, {system}" if system else browser
