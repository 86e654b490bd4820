"""What composes widgets into a whole and connects them to the playback."""
