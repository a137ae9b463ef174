ch03::grade!(ch03_exercises);
