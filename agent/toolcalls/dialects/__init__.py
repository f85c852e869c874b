"""The ways in which model families write a call as text, one module a family of forms."""
