"""How the bundled backbone was made, so that anybody can make it again."""
