"""The review rules; a file each, registered by being here."""
