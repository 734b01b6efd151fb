"""What the public meets: the survey, its thanks and refusals; the embed, the kiosk, replies."""
