"""The terminal playground: command line, Textual app, screens, widgets. No machine learning in here."""
