"""The conversation: engines that turn words into tool calls, and the loop around them."""
