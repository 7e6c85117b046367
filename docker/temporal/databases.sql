-- Run once, when the volume is new; the image itself makes the database "temporal".
CREATE DATABASE temporal_visibility;
