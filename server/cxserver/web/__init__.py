"""Where HTTP meets the application: its routes, middleware, protocol and server."""
