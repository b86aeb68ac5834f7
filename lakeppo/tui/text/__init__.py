"""What the screens say: formatting and explanations, without widgets."""
