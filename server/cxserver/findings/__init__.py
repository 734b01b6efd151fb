"""What to do first: what stands out at an office beyond chance, who is at it, whether it helped."""
