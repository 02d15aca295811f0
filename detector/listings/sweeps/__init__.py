"""New references held against the pictures of recent listings; old pictures go."""
