"""Networks that were trained elsewhere, and how real numbers become an integer model."""
