"""Cloud Run: what can be read of a service and its revisions, and sending traffic back."""
