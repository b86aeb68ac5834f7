"""The screens: Textual, one worker thread, and no network, optimizer or environment on the interface thread."""
