import DefaultTheme from "vitepress/theme";
import "./gleaner.css";

export default DefaultTheme;
