"""What a developer works with and a deployment never imports: servers that come with the checkout, `make run`, translations, style guide."""
