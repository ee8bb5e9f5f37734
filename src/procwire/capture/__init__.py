"""Where frames come from: capture files, and live interfaces."""
