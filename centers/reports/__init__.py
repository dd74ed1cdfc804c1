"""What the outside reports: received, shown side by side with the record, decided, and answered."""
