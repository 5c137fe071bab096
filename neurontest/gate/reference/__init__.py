"""What a reference keeps, and how it is read and looked up."""
